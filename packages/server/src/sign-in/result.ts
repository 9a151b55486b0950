import type { StoredSession, StoredUser } from '../store/store.ts'

/** What a sign-in comes to that nothing speaks against. */
export type SignInResult =
  | {
      status: 'signed_in'
      session: StoredSession
      user: StoredUser
      isNewUser: boolean
      /** What the host adds to the access token. */
      claims: Readonly<Record<string, unknown>> | undefined
    }
  | { status: 'phone_required'; ticket: string; expiresInMs: number }
