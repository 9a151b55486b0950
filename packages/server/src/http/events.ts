/** Server-sent events, as the HTML standard has them (section 9.2). */

export const eventStream = 'text/event-stream'

export function wantsEvents({ headers }: Request): boolean {
  return headers.get('accept')?.toLowerCase().includes(eventStream) ?? false
}

/** One event; `data` goes on one line, as JSON does. */
export function writeEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Which nobody is told of, and which keeps proxies from taking the line for dead. */
export const eventComment = ':\n\n'

export function eventResponse(events: AsyncIterable<string>): Response {
  const stream = ReadableStream.from(events).pipeThrough(new TextEncoderStream())
  return new Response(stream, {
    headers: {
      'content-type': eventStream,
      'cache-control': 'no-store',
      // nginx and those that descend from it would keep events until a buffer is full.
      'x-accel-buffering': 'no',
    },
  })
}
