"""Networks layer by layer: sizes, parameters, receptive fields, letters that are asked for, and claims about them."""
