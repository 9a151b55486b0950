import { safeParse, type GenericSchema } from 'valibot'

type Described = GenericSchema & {
  readonly entries?: Readonly<Record<string, GenericSchema>>
  readonly wrapped?: GenericSchema
  readonly literal?: unknown
}

/** The fields of an object schema. */
export function fieldsOf(schema: GenericSchema): [string, GenericSchema][] {
  const { entries = {} }: Described = schema
  return Object.entries(entries)
}

export function isOptional(schema: GenericSchema): boolean {
  return safeParse(schema, undefined).success
}

/** A value that the schema takes. */
export function sample(schema: GenericSchema): unknown {
  const { type, literal, wrapped, entries }: Described = schema
  if (wrapped) return sample(wrapped)
  if (entries) {
    return Object.fromEntries(fieldsOf(schema).map(([name, field]) => [name, sample(field)]))
  }
  const values: Record<string, unknown> = { literal, boolean: true, number: 1, null: null }
  const value = type in values ? values[type] : 'x'
  if (!safeParse(schema, value).success) throw new Error(`sample() has to learn ${type}`)
  return value
}

const strange = [
  null,
  true,
  0,
  -1.5,
  '',
  'x'.repeat(5000),
  'canary-value',
  [],
  ['canary-value'],
  {},
  { canary: 'canary-value' },
  { __proto__: null, model: { canary: 'canary-value' } },
]

/** Values that the schema refuses. */
export function wrongValues(schema: GenericSchema): unknown[] {
  return strange.filter((value) => !safeParse(schema, value).success)
}
