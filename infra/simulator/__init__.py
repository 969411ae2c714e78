"""The simulated platform: WeChat's server API and a WeCom robot on one port of this machine.

It is a process of its own. Product code knows a base URL and nothing else.
"""
