"""Escribe en la salida una copia entera y coherente de la base, tomada con el sitio andando."""

import os
import sqlite3
import sys

base = sqlite3.connect(f"file:{os.environ['MURO_DATOS']}/muro.sqlite3?mode=ro", uri=True)
copia = sqlite3.connect(":memory:")
base.backup(copia)
sys.stdout.buffer.write(copia.serialize())
