"""From scenes to clear reflectance: offsets, looks, clear pixels, stacks of them, composites.

``radiometry`` settles from declarations, and from the ``darkness`` of whole scenes, whether 1000 is
still in the counts; ``looks`` makes one look of all scenes of a pass; ``clear`` tells clear pixels
from cloud; ``stack`` lays the looks of a cell one upon another as integers; ``compositing`` makes
one image of many.
"""
