/** As much of the tutorial's packages as it uses; they ship no types. */

declare module 'express' {
  import type { IncomingMessage, Server } from 'node:http'

  interface Request extends IncomingMessage {
    body: { code?: string }
  }
  interface Response {
    status(code: number): Response
    json(body: unknown): void
  }
  type Handler = (request: Request, response: Response) => void | Promise<void>
  interface Application {
    use(middleware: unknown): void
    post(path: string, handler: Handler): void
    get(path: string, handler: Handler): void
    listen(port: number, host: string, listening: () => void): Server
  }
  const express: { (): Application; json(): unknown }
  export default express
}

declare module 'jsonwebtoken' {
  const jsonwebtoken: {
    sign(payload: object, secret: string, options: { expiresIn: string }): string
    verify(token: string, secret: string): { id?: unknown }
  }
  export default jsonwebtoken
}
