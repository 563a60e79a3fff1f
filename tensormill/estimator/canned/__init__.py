"""Estimators with a model function of their own: deep, linear and both, and baselines."""
