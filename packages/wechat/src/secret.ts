import { inspect } from 'node:util'

/**
 * A value that must not be read by accident: printing, inspecting, logging or serialising it gives
 * `[secret]`. Any object with a `reveal` is accepted where this package asks for one.
 */
export interface Secret {
  reveal(): string
}

const print = () => '[secret]'
const printed = Object.freeze({ toString: print, toJSON: print, [inspect.custom]: print })

/** Wraps `value`. Only `reveal()` gives it back: it sits in a closure, which no inspector walks. */
export function secret(value: string): Secret {
  return Object.freeze({ __proto__: printed, reveal: () => value })
}

export function isSecret(value: unknown): value is Secret {
  return (
    typeof value === 'object' &&
    value !== null &&
    'reveal' in value &&
    typeof value.reveal === 'function'
  )
}
