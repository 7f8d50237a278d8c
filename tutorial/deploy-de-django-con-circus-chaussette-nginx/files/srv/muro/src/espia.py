"""Muestra en vivo lo que circusd publica sobre sus procesos."""

import json

import zmq

suscriptor = zmq.Context().socket(zmq.SUB)
suscriptor.connect("ipc:///run/muro/eventos.sock")
suscriptor.subscribe("watcher.web.")
print("escuchando", flush=True)
try:
    while True:
        tema, datos = suscriptor.recv_multipart()
        print(tema.decode(), json.loads(datos).get("process_pid", ""), flush=True)
except KeyboardInterrupt:
    print("basta")
