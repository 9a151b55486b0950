/** What every server of the comparison is given. The app is the one that {@link app} names. */
interface ServerSettings {
  /** Where WeChat is. */
  readonly wechatUrl: string
  /** An empty folder of its own, for its database. */
  readonly folder: string
  /** An empty database of its own on PostgreSQL; empty for those who use none. */
  readonly databaseUrl: string
}

/**
 * Listens on a free loopback port and resolves to it. Answers `POST /v1/sign-in/wechat` with `{
 * code }` by 200 and `{ access_token }`, and `GET /v1/me` with a bearer token by 200 and `{ id }`;
 * those who take part in refresh answer both it and sign-in with `{ refresh_token }`.
 */
export type StartServer = (settings: ServerSettings) => Promise<number>

export const app = { app_id: 'wx00000000benchmrk', secret: '0123456789abcdef0123456789abcdef' }
