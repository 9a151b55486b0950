/** What crosses between the page and its server beside the bodies, as JSON in a header of each way. */
export const requestHeader = 'x-phone-request'
export const replyHeader = 'x-phone-reply'

export interface RequestHead {
  readonly url: string
  readonly method: string
  readonly header: Readonly<Record<string, string>>
  readonly redirect: 'follow' | 'manual'
}

export interface ReplyHead {
  readonly status: number
  readonly header: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
}
