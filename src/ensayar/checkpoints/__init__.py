"""What a rehearsal leaves for the next one: states of machines (``store``), results of steps and checks (``ledger``).

:class:`ensayar.checkpoints.lineage.Lineage` joins them for one article. Everything is keyed by the chain of digests of
:mod:`ensayar.digest`: a key stands for the image, what the host lends, and every step up to this one, byte for byte.
Nothing here knows QEMU; a machine keeps its state in a directory that it is given.
"""
