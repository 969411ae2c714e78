"""How the hub gets on with its providers: breakers, buckets of tokens, quotas, shares of the lanes, what is to mend."""
