"""The engines' versions, apart from the engines: a web process must not load numpy to name one."""

# Rises with every change that can change a summary's words.
OFFLINE_ENGINE_VERSION = "offline-2"
