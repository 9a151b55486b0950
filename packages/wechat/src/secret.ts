import { inspect } from 'node:util'

/**
 * A value that must not be read by accident: printing, inspecting, logging or serialising it gives
 * `[secret]`. Any object with a `reveal` is accepted where this package asks for one.
 */
export interface Secret {
  reveal(): string
}

const mask = '[secret]'
const print = () => mask

/** Wraps `value`. Only `reveal()` gives it back: it sits in a closure, which no inspector walks. */
export function secret(value: string): Secret {
  const wrapped = { reveal: () => value }
  Object.defineProperties(wrapped, {
    toString: { value: print },
    toJSON: { value: print },
    [inspect.custom]: { value: print },
  })
  return Object.freeze(wrapped)
}

export function isSecret(value: unknown): value is Secret {
  return (
    typeof value === 'object' &&
    value !== null &&
    'reveal' in value &&
    typeof value.reveal === 'function'
  )
}
