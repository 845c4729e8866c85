"""Where steps and ``io`` meet: each command of the house as one function, told from top to bottom.

:func:`detect` is the main job and its module the whole story on one page; what stands here is what
the command line, notebooks and pipelines call.
"""

from farmland.flow.deliver import deliver as deliver
from farmland.flow.deliver import demo as demo
from farmland.flow.detect import detect as detect
from farmland.flow.explain import draw as draw
from farmland.flow.explain import explain as explain
from farmland.flow.export import export as export
from farmland.flow.index_tables import index_table as index_table
from farmland.flow.index_tables import ndvi as ndvi
from farmland.flow.index_tables import prepare as prepare
from farmland.flow.reading import exit_code as exit_code
from farmland.flow.reading import how as how
from farmland.flow.reading import read_parcels as read_parcels
from farmland.flow.reading import unread_code as unread_code
from farmland.flow.searching import items as items
from farmland.flow.searching import scenes as scenes
from farmland.flow.searching import search as search
from farmland.flow.train import keep_model as keep_model
from farmland.flow.train import train as train
