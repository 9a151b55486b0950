import type {
  Action,
  ChangePasswordBody,
  ChangePhoneBody,
  Device,
  ErrorCode,
  Export,
  Identity,
  LinkIdentityBody,
  MeDeleted,
  OtpBody,
  OtpSent,
  PhoneRequired,
  Preferences,
  Problem,
  ScanBegun,
  ScanState,
  Session,
  SignedIn,
  SignInOtpBody,
  SignInPasswordBody,
  SignInPhoneBody,
  Tokens,
  UpdateMeBody,
  User,
  WebSession,
  WebToken,
  WechatData,
  WechatDataBody,
} from '@kaimen/protocol'
import { describe, expectTypeOf, it } from 'vitest'
import type { OpenData } from '../src/account.ts'
import type { PhoneEvent, RequestOptions, RequestResult, WechatApi } from '../src/index.ts'
import type * as wire from '../src/wire.ts'

describe('the wire', () => {
  it('is what @kaimen/protocol defines', () => {
    expectTypeOf<wire.ServerErrorCode>().toEqualTypeOf<ErrorCode>()
    expectTypeOf<wire.Action>().toEqualTypeOf<Action>()
    expectTypeOf<wire.Device>().toEqualTypeOf<Device>()
    expectTypeOf<wire.User>().toEqualTypeOf<User>()
    expectTypeOf<Pick<wire.Tokens, keyof wire.Tokens>>().toEqualTypeOf<Tokens>()
    expectTypeOf<Pick<wire.SignedIn, keyof wire.SignedIn>>().toEqualTypeOf<SignedIn>()
    expectTypeOf<wire.PhoneRequired>().toEqualTypeOf<PhoneRequired>()
    expectTypeOf<wire.SignInPhoneBody>().toEqualTypeOf<SignInPhoneBody>()
    expectTypeOf<wire.OtpBody>().toEqualTypeOf<OtpBody>()
    expectTypeOf<wire.OtpSent>().toEqualTypeOf<OtpSent>()
    expectTypeOf<wire.SignInOtpBody>().toEqualTypeOf<SignInOtpBody>()
    expectTypeOf<wire.SignInPasswordBody>().toEqualTypeOf<SignInPasswordBody>()
    expectTypeOf<wire.Session>().toEqualTypeOf<Session>()
    expectTypeOf<wire.Identity>().toEqualTypeOf<Identity>()
    expectTypeOf<Pick<wire.Preferences, string>>().toEqualTypeOf<Preferences>()
    expectTypeOf<wire.Export>().toEqualTypeOf<Export>()
    expectTypeOf<wire.UpdateMeBody>().toEqualTypeOf<UpdateMeBody>()
    expectTypeOf<wire.ChangePasswordBody>().toEqualTypeOf<ChangePasswordBody>()
    expectTypeOf<wire.ChangePhoneBody>().toEqualTypeOf<ChangePhoneBody>()
    expectTypeOf<wire.LinkIdentityBody>().toEqualTypeOf<LinkIdentityBody>()
    expectTypeOf<wire.WechatDataBody>().toEqualTypeOf<WechatDataBody>()
    expectTypeOf<Pick<wire.WechatData, string>>().toEqualTypeOf<WechatData>()
    expectTypeOf<wire.MeDeleted>().toEqualTypeOf<MeDeleted>()
    expectTypeOf<wire.WebSession>().toEqualTypeOf<WebSession>()
    expectTypeOf<wire.WebToken>().toEqualTypeOf<WebToken>()
    expectTypeOf<wire.ScanBegun>().toEqualTypeOf<ScanBegun>()
    expectTypeOf<wire.ScanState>().toEqualTypeOf<ScanState>()
    expectTypeOf<wire.Problem>().toEqualTypeOf<Problem>()
  })
})

describe('the types of wx', () => {
  it('fit: WeChat’s own wx is one that this client can use', () => {
    expectTypeOf<WechatMiniprogram.Wx>().toExtend<WechatApi>()
  })

  it('fit: what the phone button gives is what this client takes', () => {
    expectTypeOf<WechatMiniprogram.ButtonGetPhoneNumber>().toExtend<PhoneEvent>()
  })

  it('fit: what wx.getUserInfo gives is open data that this client sends', () => {
    expectTypeOf<WechatMiniprogram.GetUserInfoSuccessCallbackResult>().toExtend<OpenData>()
  })

  it('are mirrored: request takes every option of wx.request but the callbacks', () => {
    type Theirs = Omit<WechatMiniprogram.RequestOption, 'success' | 'fail' | 'complete'>
    type Ours = Omit<RequestOptions, 'auth' | 'replay'>
    expectTypeOf<keyof Ours>().toEqualTypeOf<keyof Theirs>()
    expectTypeOf<Ours>().toExtend<Theirs>()
  })

  it('are mirrored: what wx.request gives is what request resolves with', () => {
    expectTypeOf<WechatMiniprogram.RequestSuccessCallbackResult<{ id: string }>>().toExtend<
      RequestResult<{ id: string }>
    >()
  })
})
