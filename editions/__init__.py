"""The book as one file, to print and to take along: PDF and EPUB, made from the built pages.

``python -m editions`` puts both beside the pages in _build/html, and into their menus.
"""
