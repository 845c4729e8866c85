"""Quick looks at what commands give: one picture each, in the manner of a plate in an atlas.

``calendar`` draws scenes and archives, ``curves`` indices through time, ``findings`` what is wrong
with parcels and where, ``trust`` how far a model may be believed.
"""
