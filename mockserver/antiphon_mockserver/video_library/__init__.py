"""A library of videos: filters, search, entities, and answers that cite.

Everything here is a function of a world and a request, without network, clock or chance.
"""
