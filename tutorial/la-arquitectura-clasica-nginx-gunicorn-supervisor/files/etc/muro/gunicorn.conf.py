bind = "unix:/run/muro/web.sock"
control_socket = "/run/muro/gunicorn.sock"
workers = 2
worker_class = "gthread"
threads = 4
# un worker que no da señales en este tiempo está congelado: se lo reemplaza
timeout = 30
# lo que se le espera a un worker para que termine lo empezado
graceful_timeout = 30
