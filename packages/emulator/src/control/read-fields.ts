import * as v from 'valibot'
import { Refusal } from './refusal.ts'

/**
 * The body as the schema has it.
 *
 * @param fields Their messages complete the sentence "field …".
 * @throws Refusal 400 `field_unknown`, `field_invalid` or `field_missing`, naming the field and
 *   never its value.
 */
export function readFields<const T extends v.ObjectEntries>(
  fields: T,
  body: Readonly<Record<string, unknown>>,
): v.InferOutput<v.ObjectSchema<T, undefined>> {
  const known = Object.keys(fields)
  // Own names only: `constructor` or `__proto__` in a body are names that nobody asked for.
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined) {
    throw new Refusal(
      400,
      'field_unknown',
      `There is no field ${JSON.stringify(unknown.slice(0, 64))} here.`,
      `The fields are: ${known.join(', ')}.`,
    )
  }
  const parsed = v.safeParse(v.object(fields), body)
  if (parsed.success) return parsed.output
  // The field as a whole: what is wrong inside it, its own message says.
  const field = v.getDotPath(parsed.issues[0])?.split('.')[0] ?? 'body'
  if (Object.hasOwn(body, field)) throw fieldRefusal(field, parsed.issues[0].message)
  const wanted = v.safeParse(fields[field] ?? v.never(), undefined).issues?.[0]?.message ?? ''
  throw new Refusal(400, 'field_missing', `${field} is missing.`, `${field} ${wanted}.`)
}

/** A field whose value cannot be taken; `wanted` completes the sentence "field …". */
export function fieldRefusal(field: string, wanted: string): Refusal {
  return new Refusal(
    400,
    'field_invalid',
    `${field} has a value that is not taken.`,
    `${field} ${wanted}.`,
  )
}

/** One of a closed list of values. */
export function oneOf<const T extends readonly (string | number)[]>(
  values: T,
): v.PicklistSchema<T, string> {
  return v.picklist(values, `must be one of ${values.map((x) => JSON.stringify(x)).join(', ')}`)
}

/** A whole number in a range, both ends included. */
export function wholeNumber(
  from: number,
  to: number,
  message = `must be a whole number from ${from} to ${to}`,
) {
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(from, message),
    v.maxValue(to, message),
  )
}

export function yesOrNo() {
  return v.boolean('must be true or false')
}

/** Text of a shape; the message says which. */
export function textLike(shape: RegExp, message: string) {
  return v.pipe(v.string(message), v.regex(shape, message))
}
