"""The judge: what each provider promises, written from its facts and held against the emulator and against clients."""
