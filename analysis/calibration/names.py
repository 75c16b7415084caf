"""Names of the procedures, as the data file and the page have them."""

TWO_WAY = "two-way-random t"
REML = "REML with Kenward-Roger"
PANEL = "this-panel-only t"
PRATT = "Pratt signed rank"
FLIP = "sign flip"
BOOTSTRAP = "two-way bootstrap"
LMM = "rating-level LMM, Kenward-Roger"
CLMM = "rating-level CLMM, Wald"
WHOLE_TREE = "whole tree"
ORDER = (TWO_WAY, REML, PANEL, PRATT, FLIP, BOOTSTRAP, LMM, CLMM)
PRIMARY = (TWO_WAY, REML)
