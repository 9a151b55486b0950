// How a part that speaks through somebody else's SDK loads it and checks what it was given.

import { secret, type Secret } from '@kaimen/wechat'
import * as v from 'valibot'
import { ConfigError } from './errors.ts'

/**
 * Runs `load`, which requires an SDK.
 *
 * @param purpose What needs it: the beginning of a sentence.
 * @throws {@link ConfigError} If it is not there, with the command that installs it.
 */
export function loadSdk<T>(purpose: string, name: string, load: () => T): T {
  try {
    return load()
  } catch (cause) {
    const missing = /^Cannot find module '([^']+)'/.exec(
      cause instanceof Error ? cause.message : '',
    )
    if (!missing?.[1]) throw cause
    const [, first] = missing
    throw new ConfigError(
      first === name
        ? `${purpose} needs the package ${name}, which is not installed. Install it: npm install ${name}`
        : `The package ${name} needs ${first} and does not say so, so that it was not installed with it. Install that too: npm install ${first}`,
    )
  }
}

/** The schemas of what options have in common. Each says what has to be, and repeats no value. */
export const sdkOptions = {
  text: v.pipe(v.string('text'), v.nonEmpty('text')),
  secret: v.union(
    [
      v.pipe(v.string(), v.nonEmpty(), v.transform(secret)),
      v.custom<Secret>((value) => value instanceof Object && 'reveal' in value),
    ],
    'text or a Secret',
  ),
  timeoutMs: v.optional(
    v.pipe(
      v.number('a number from 100 to 60000'),
      v.minValue(100, 'a number from 100 to 60000'),
      v.maxValue(60_000, 'a number from 100 to 60000'),
    ),
    5000,
  ),
}

/** @throws {@link ConfigError} That names the option, and never repeats a value. */
export function checkOptions<const S extends v.GenericSchema>(
  creator: string,
  schema: S,
  options: unknown,
): v.InferOutput<S> {
  const result = v.safeParse(schema, options)
  if (result.success) return result.output
  const [issue] = result.issues
  const name = v.getDotPath(issue) ?? 'its options'
  if (issue.expected === 'never') throw new ConfigError(`${creator} has no option ${name}.`)
  if (issue.type === 'strict_object') throw new ConfigError(`${creator}: ${name} is missing.`)
  // All other messages are of the schemas above, which repeat nothing.
  throw new ConfigError(`${creator}: ${name} has to be ${issue.message}.`)
}
