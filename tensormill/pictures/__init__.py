"""Pictures of a step: where its operations are and what crosses between them, and when they ran.

They are drawn from the RunMetadata of a traced step, in SVG.
"""
