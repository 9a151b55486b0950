import type { AppKind } from './world/app.ts'

/** An app as a developer knows it from WeChat's console. */
export interface SeedApp {
  readonly kind: AppKind
  readonly appid: string
  readonly secret: string
  /** The Open Platform account that it is bound to; apps of one account share a unionid. */
  readonly open_platform: string | null
}

/** A person who uses WeChat. */
export interface SeedPerson {
  readonly id: string
  readonly nickname: string
  /** The number without its country code; null for a person who never bound one. */
  readonly phone: string | null
  readonly country_code: string | null
}

/** An account at Aliyun's SMS gateway, with a template for the Chinese mainland and one for abroad. */
export interface SeedAliyunSms {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly signName: string
  /** Has one variable, `code`. */
  readonly templateCode: string
  readonly abroad: { readonly signName: string; readonly templateCode: string }
}

/** An account at Tencent Cloud's SMS gateway, likewise. */
export interface SeedTencentSms {
  readonly secretId: string
  readonly secretKey: string
  readonly sdkAppId: string
  readonly signName: string
  /** Has two variables: the code, and for how many minutes it is good. */
  readonly templateId: string
  readonly abroad: { readonly signName: string; readonly templateId: string }
}

/**
 * The first world, the same on every start: one mini program, one service account and one website
 * under one Open Platform account, one mini program outside it, and three people, the last of whom
 * lives abroad. The secrets are published here and open nothing but an emulator.
 */
export const seedWorld: {
  readonly apps: readonly [SeedApp, SeedApp, SeedApp, SeedApp]
  readonly people: readonly [SeedPerson, SeedPerson, SeedPerson]
  /** The accounts at the SMS gateways. */
  readonly sms: { readonly aliyun: SeedAliyunSms; readonly tencent: SeedTencentSms }
} = {
  apps: [
    {
      kind: 'mini_program',
      appid: 'wx0a1b2c3d4e5f0001',
      secret: '0a1b2c3d4e5f60718293a4b5c6d70001',
      open_platform: 'open-platform-1',
    },
    {
      kind: 'service_account',
      appid: 'wx0a1b2c3d4e5f0002',
      secret: '0a1b2c3d4e5f60718293a4b5c6d70002',
      open_platform: 'open-platform-1',
    },
    {
      kind: 'website',
      appid: 'wx0a1b2c3d4e5f0003',
      secret: '0a1b2c3d4e5f60718293a4b5c6d70003',
      open_platform: 'open-platform-1',
    },
    {
      kind: 'mini_program',
      appid: 'wx0a1b2c3d4e5f0004',
      secret: '0a1b2c3d4e5f60718293a4b5c6d70004',
      open_platform: null,
    },
  ],
  people: [
    { id: 'li-hua', nickname: '李华', phone: '13800138001', country_code: '86' },
    { id: 'wang-fang', nickname: '王芳', phone: '13800138002', country_code: '86' },
    // 555-01xx is the range that the North American Numbering Plan keeps for fiction.
    { id: 'chen-mei', nickname: '陈美', phone: '2025550143', country_code: '1' },
  ],
  sms: {
    aliyun: {
      accessKeyId: 'emulator-access-key-id',
      accessKeySecret: 'emulator-access-key-secret',
      signName: '开门',
      templateCode: 'SMS_100000001',
      abroad: { signName: 'Kaimen', templateCode: 'SMS_100000002' },
    },
    tencent: {
      secretId: 'emulator-secret-id',
      secretKey: 'emulator-secret-key',
      sdkAppId: '1400000001',
      signName: '开门',
      templateId: '1000001',
      abroad: { signName: 'Kaimen', templateId: '1000002' },
    },
  },
}
