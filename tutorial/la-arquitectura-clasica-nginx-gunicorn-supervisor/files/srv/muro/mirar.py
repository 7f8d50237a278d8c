"""Pregunta cinco veces por segundo en qué anda cada programa, y muestra lo que cambió."""

import time
import xmlrpc.client

from supervisor.xmlrpc import SupervisorTransport

transporte = SupervisorTransport(serverurl="unix:///var/run/supervisor.sock")
supervisor = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transporte).supervisor
antes = {}
try:
    while True:
        for programa in supervisor.getAllProcessInfo():
            ahora = (programa["statename"], programa["pid"])
            if antes.get(programa["name"]) != ahora:
                print(programa["name"], *ahora, flush=True)
                antes[programa["name"]] = ahora
        time.sleep(0.2)
except KeyboardInterrupt:
    print("basta")
