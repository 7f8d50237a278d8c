"""A built site as visitors get it: the server that the documentation describes, the browser, and Lighthouse.

The tests of the site and the benchmark use it.
"""
