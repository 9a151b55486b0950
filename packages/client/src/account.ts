/** "My account": what a person does with their own, over a client that is signed in. */
import {
  AuthError,
  readFailure,
  readHeader,
  refusalOf,
  type Client,
  type LinkIdentityBody,
  type OtpOptions,
  type OtpResult,
  type RequestOptions,
  type RequestResult,
  type User,
} from './index.ts'
import type {
  ChangePasswordBody,
  ChangePhoneBody,
  Export,
  Identity,
  MeDeleted,
  Preferences,
  Session,
  UpdateMeBody,
  WechatData,
  WechatDataBody,
} from './wire.ts'

export type { Export, Identity, MeDeleted, Preferences, Session, UpdateMeBody, WechatData }

/** As `wx.getFileSystemManager()` has it. */
export interface Files {
  readFile(options: {
    filePath: string
    success(result: { data: string | ArrayBuffer }): void
    fail(failure: { errMsg: string; errno?: number }): void
  }): unknown
}

export interface AccountOptions {
  /** Reads the file that `chooseAvatar` gives. Default: `wx.getFileSystemManager()`, when needed. */
  files?: Files
}

/** What `wx.getUserInfo` and its like give; with `withCredentials: true` there. */
export interface OpenData {
  rawData?: string
  signature?: string
  encryptedData?: string
  iv?: string
}

export interface VersionedPreferences {
  value: Preferences
  /** Stands for this value on the server. */
  etag: string
}

export interface PreferencesOfUser {
  /** `{}` of a user who has none yet. */
  get(): Promise<VersionedPreferences>
  /**
   * Replaces them.
   *
   * @param etag Of the value that was read.
   * @throws {AuthError} `preferences_changed`: another device was faster; nothing was written.
   */
  put(value: Preferences, etag: string): Promise<VersionedPreferences>
  /**
   * Reads, changes and writes; anew, up to 5 times in all, when another device was faster.
   *
   * @param change Gives the new value for the one that was read; may be called more than once.
   * @throws {AuthError} `preferences_changed`: the other devices would not stop.
   */
  update(
    change: (value: Preferences) => Preferences | Promise<Preferences>,
  ): Promise<VersionedPreferences>
}

/**
 * Every failure is an {@link AuthError} with the server's own code. Where the server wants a sign-in
 * of the last minutes, `wx.login` runs silently and the call is made once more; only what signed in
 * without WeChat gets `reauth_required`.
 */
export interface MyAccount {
  /** The user as the server has it, with the phone, masked. The client's `user` follows. */
  get(): Promise<User>
  /** Changes the nickname; `null` takes nickname or picture away. The client's `user` follows. */
  update(change: UpdateMeBody): Promise<User>
  /**
   * Uploads the picture of a button `chooseAvatar`. By PUT: `wx.uploadFile` can only POST.
   *
   * @param filePath `event.detail.avatarUrl`, as `http://tmp/…` or `wxfile://…`.
   * @throws {AuthError} `file_unreadable`: the file is gone; the person has to choose again.
   */
  uploadAvatar(filePath: string): Promise<User>
  readonly preferences: PreferencesOfUser
  /**
   * Has the server verify and decrypt what WeChat gave. When the server's `session_key` was stale,
   * logs in again and asks once more; a function is called again then, since what was sealed before
   * may not open any more.
   *
   * @param data As in `() => wx.getUserInfo({ withCredentials: true })`.
   */
  wechatData(data: OpenData | (() => OpenData | Promise<OpenData>)): Promise<WechatData>
  /** Whether WeChat still honours the `session_key` that the server has. */
  checkWechatSession(): Promise<boolean>
  /**
   * Has a code sent to a number that is to become the user's.
   *
   * @throws {AuthError} `rate_limited`: `retryAfterSeconds` says how long. `captcha_required`.
   */
  sendOtpForPhone(phone: string, options?: OtpOptions): Promise<OtpResult>
  /** @throws {AuthError} `phone_taken`: it is somebody else's; nothing was changed. */
  changePhone(proof: ChangePhoneBody): Promise<User>
  /**
   * Sets or changes the password. `endOtherSessions`: default true.
   *
   * @throws {AuthError} `password_wrong`: not the current one. `password_weak`.
   */
  setPassword(change: {
    password: string
    currentPassword?: string
    endOtherSessions?: boolean
  }): Promise<void>
  /** The WeChat identities of the user. */
  identities(): Promise<Identity[]>
  /**
   * Links a WeChat identity; all of them are the answer.
   *
   * @param proof A code and its app. Default: of `wx.login`, for whoever holds this phone.
   */
  link(proof?: LinkIdentityBody): Promise<Identity[]>
  /** @throws {AuthError} `last_way_in`: nothing else would let the user in. */
  unlink(id: string): Promise<Identity[]>
  /** Where the user is signed in. */
  devices(): Promise<Session[]>
  /** Signs out there; for this device there is the client's `logout()`. */
  removeDevice(id: string): Promise<void>
  /** How many were signed out. */
  removeOtherDevices(): Promise<number>
  /** Everything that the server holds on the user, phone and openids in clear. */
  export(): Promise<Export>
  /** Deletes the account, and signs out here. Until `gone_at`, `restore` takes it back. */
  delete(): Promise<MeDeleted>
}

const triesOfUpdate = 5

/** The account of who is signed in with `client`; who that is may change. */
export function account(client: Client, { files }: AccountOptions = {}): MyAccount {
  async function send<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    data?: object,
    header: Record<string, string> = {},
  ): Promise<RequestResult<T>> {
    // These bodies hold passwords, codes and phones: no other place may get them.
    const options: RequestOptions = { url: `/v1/${path}`, method, header, redirect: 'manual' }
    if (data) options.data = data
    const reply = await client.request<T>(options)
    if (reply.statusCode >= 300) throw refusalOf(reply)
    // A page of some gateway, for one.
    if (!reply.data || typeof reply.data !== 'object') throw new AuthError('reply_invalid')
    return reply
  }

  /** Once more after a new proof that it is this person, if that is what was missing. */
  async function insist<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const curable =
        error instanceof AuthError && /^(reauth_required|session_key_stale)$/.test(error.code)
      if (!curable || !(await client.reauthenticate())) throw error
    }
    return await work()
  }

  const ask: typeof send = (...given) => insist(() => send(...given))

  async function askUser(...given: Parameters<typeof send>): Promise<User> {
    const { data } = await ask<User>(...given)
    client.updateUser(data)
    return data
  }

  async function askPreferences(...given: Parameters<typeof send>): Promise<VersionedPreferences> {
    const { data, header } = await ask<Preferences>(...given)
    // A proxy that compresses makes a weak tag of it, which no If-Match fits. RFC 9110 section 13.1.1
    return { value: data, etag: readHeader(header, 'etag').replace(/^W\//, '') }
  }

  const preferences: PreferencesOfUser = {
    get: () => askPreferences('GET', 'me/preferences'),
    put: (value, etag) => askPreferences('PUT', 'me/preferences', value, { 'If-Match': etag }),
    async update(change) {
      for (let tries = 1; ; tries++) {
        const { value, etag } = await preferences.get()
        try {
          return await preferences.put(await change(value), etag)
        } catch (error) {
          const late = error instanceof AuthError && error.code === 'preferences_changed'
          if (!late || tries === triesOfUpdate) throw error
        }
      }
    },
  }

  return {
    get: () => askUser('GET', 'me'),
    // wx.request has no PATCH.
    update: (change) => askUser('POST', 'me', change),
    uploadAvatar: async (filePath) =>
      askUser('PUT', 'me/avatar', await readFile(filePath, files), {
        'content-type': 'application/octet-stream',
      }),
    preferences,
    wechatData: (given) =>
      insist(async () => {
        const { rawData, signature, encryptedData, iv } = await openDataOf(given)
        const body: WechatDataBody = {
          raw_data: rawData,
          signature,
          encrypted_data: encryptedData,
          iv,
        }
        return (await send<WechatData>('POST', 'me/wechat-data', body)).data
      }),
    checkWechatSession: async () =>
      (await ask<{ valid: boolean }>('POST', 'me/wechat-session/check')).data.valid,
    async sendOtpForPhone(phone, { captcha } = {}) {
      const { data } = await ask<{ expires_in: number; retry_after: number }>('POST', 'otp', {
        phone,
        captcha,
      })
      return { expiresInSeconds: data.expires_in, retryAfterSeconds: data.retry_after }
    },
    changePhone: (proof) => askUser('PUT', 'me/phone', proof),
    async setPassword({ password, currentPassword, endOtherSessions }) {
      const body: ChangePasswordBody = {
        password,
        current_password: currentPassword,
        end_other_sessions: endOtherSessions,
      }
      await ask('PUT', 'me/password', body)
    },
    identities: async () => (await ask<Identities>('GET', 'me/identities')).data.identities,
    // A code works once.
    link: (proof) =>
      insist(async () => {
        const body = proof ?? (await client.askCode())
        return (await send<Identities>('POST', 'me/identities', body)).data.identities
      }),
    unlink: async (id) =>
      (await ask<Identities>('DELETE', `me/identities/${encodeURIComponent(id)}`)).data.identities,
    devices: async () => (await ask<{ sessions: Session[] }>('GET', 'me/sessions')).data.sessions,
    async removeDevice(id) {
      await ask('DELETE', `me/sessions/${encodeURIComponent(id)}`)
    },
    removeOtherDevices: async () =>
      (await ask<{ revoked: number }>('DELETE', 'me/sessions?others=true')).data.revoked,
    export: async () => (await ask<Export>('GET', 'me/export')).data,
    async delete() {
      const { data } = await ask<MeDeleted>('DELETE', 'me')
      await client.logout({ tellServer: false })
      return data
    },
  }
}

interface Identities {
  identities: Identity[]
}

async function openDataOf(given: Parameters<MyAccount['wechatData']>[0]): Promise<OpenData> {
  if (typeof given !== 'function') return given
  try {
    return await given()
  } catch (error) {
    throw readFailure(error)
  }
}

function readFile(filePath: string, given: Files | undefined): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown) =>
      reject(new AuthError('file_unreadable', { message: '图片已失效，请重新选择', cause }))
    const files = given ?? findFiles()
    files.readFile({
      filePath,
      // Without an encoding, the bytes.
      success: ({ data }) => (typeof data === 'object' ? resolve(data) : refuse(undefined)),
      fail: refuse,
    })
  })
}

function findFiles(): Files {
  const host: { getFileSystemManager?(): Files } | undefined =
    typeof wx === 'object' ? wx : undefined
  if (!host?.getFileSystemManager) throw new AuthError('platform_missing')
  return host.getFileSystemManager()
}
