"""A believable history for demonstrations and tests: people and jobs are simulated, and what they leave is stored.

What is simulated is counted under the same kinds, paces and buckets as what is recorded, so every figure that pages
show of it can be compared with what the simulation knows of itself (`truth`).
"""
