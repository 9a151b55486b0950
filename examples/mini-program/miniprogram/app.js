// Nothing to start: the first request signs in by itself.
App({})
