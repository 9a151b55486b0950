/**
 * An empty store behind two handles, as two nodes have it; they may be the same where only one node
 * is possible.
 */
export type Opened<Kind> = {
  readonly a: Kind
  readonly b: Kind
  /** Lets so many milliseconds pass for the store: moves its clock, or sleeps where it has its own. */
  wait(milliseconds: number): Promise<void> | void
  close(): Promise<void>
}

export type ContractTest<Kind> = {
  /** A true sentence about the store. */
  readonly title: string
  /** Rejects with an AssertionError where the sentence is not true. */
  run(open: () => Promise<Opened<Kind>>): Promise<void>
}

/** Opens a store for one test, and closes it whatever happens. */
export function contractTest<Kind>(
  title: string,
  body: (stores: Omit<Opened<Kind>, 'close'>) => Promise<void>,
): ContractTest<Kind> {
  return {
    title,
    async run(open) {
      const { close, ...stores } = await open()
      try {
        await body(stores)
      } finally {
        await close()
      }
    },
  }
}
