"""Lo mismo sin Chaussette: sin_chaussette.py N"""

import sys

from muro.servidor import servir
from muro.wsgi import application

servir(application, int(sys.argv[1]))
