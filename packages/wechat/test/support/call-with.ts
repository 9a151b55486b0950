/** Calls `verb` with parameters that its types forbid, as plain JavaScript can. */
export function callWith(verb: unknown, ...params: readonly unknown[]): unknown {
  if (typeof verb !== 'function') throw new Error('no verb')
  const value: unknown = Reflect.apply(verb, undefined, params)
  return value
}
