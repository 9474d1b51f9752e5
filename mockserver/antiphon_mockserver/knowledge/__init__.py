"""What a server over a library of videos knows: filters, search, entities, and answers that cite.

Everything here is a function of a world and a request; there is no network, no clock and no chance in it.
"""
