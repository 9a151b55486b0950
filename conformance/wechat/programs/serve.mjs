// Answers the calls of a test over one connection; the program ends with it.

import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** @param {Record<string, (input: any) => unknown>} operations What the client can do, by name. */
export function serve(operations) {
  const socket = connect(Number(process.argv[2]), '127.0.0.1')
  socket.on('error', () => process.exit(0))
  createInterface({ input: socket })
    .on('close', () => process.exit(0))
    .on('line', (line) => {
      const { id, operation, input } = JSON.parse(line)
      Promise.resolve()
        .then(() => operations[operation](input))
        .then(
          (value) => ({ kind: 'value', value: value ?? null }),
          (error) => ({ kind: 'error', error: describe(error) }),
        )
        .then((outcome) => socket.write(`${JSON.stringify({ id, outcome })}\n`))
    })
}

function describe(error) {
  if (!(error instanceof Error)) return { name: 'not an Error', message: JSON.stringify(error) }
  const { name, message, code, data } = error
  return { name, message, code, data }
}
