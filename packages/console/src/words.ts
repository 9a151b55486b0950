// What the codes of the wire are called. A code that is newer than the page is shown as it is.

import type { AdminRole } from '@kaimen/protocol'
import { errorCodes, errorTable } from '@kaimen/protocol/errors'
import { language, t } from './language.ts'

type Words = Readonly<Record<string, () => string>>

export const roleNames: Readonly<Record<AdminRole, () => string>> = {
  viewer: () => t('查看者', 'Viewer'),
  operator: () => t('运营者', 'Operator'),
  owner: () => t('所有者', 'Owner'),
}

const ways: Words = {
  wechat: () => t('微信登录', 'WeChat'),
  phone_button: () => t('微信手机号', "WeChat's phone button"),
  otp: () => t('短信验证码', 'SMS code'),
  password: () => t('手机号加密码', 'Phone and password'),
  cloud: () => t('微信云托管', 'WeChat cloud hosting'),
  web: () => t('网页授权', 'Web page'),
  scan: () => t('扫码', 'Scan'),
  authenticator: () => t('验证器', 'Authenticator'),
  recovery_code: () => t('恢复码', 'Recovery code'),
  operator: () => t('运营者', 'Operator'),
  schedule: () => t('按计划', 'Schedule'),
}

const statuses: Words = {
  active: () => t('正常', 'Active'),
  disabled: () => t('已停用', 'Disabled'),
  deleted: () => t('已删除', 'Deleted'),
  merged: () => t('已合并', 'Merged'),
}

const kinds: Words = {
  mini_program: () => t('小程序', 'Mini program'),
  service_account: () => t('服务号', 'Service account'),
  website: () => t('网站应用', 'Website'),
  mobile_app: () => t('移动应用', 'Mobile app'),
}

const endReasons: Words = {
  signed_out: () => t('自己退出', 'Signed out'),
  removed: () => t('从另一台设备移除', 'Removed from another device'),
  reused: () => t('刷新令牌被重复使用', 'Refresh token used twice'),
  unlinked: () => t('解除了微信绑定', 'Identity unlinked'),
  user_disabled: () => t('用户被停用', 'User disabled'),
  user_deleted: () => t('用户被删除', 'User deleted'),
  user_merged: () => t('用户被合并', 'User merged'),
  ended_by_operator: () => t('运营者结束', 'Ended by an operator'),
  too_many: () => t('同时登录的设备过多', 'Too many sessions at once'),
}

export const eventNames: Words = {
  signed_in: () => t('登录成功', 'Signed in'),
  sign_in_failed: () => t('登录失败', 'Sign-in failed'),
  session_ended: () => t('会话结束', 'Session ended'),
  other_sessions_ended: () => t('其他设备退出', 'Other devices signed out'),
  all_sessions_ended: () => t('全部设备退出', 'All devices signed out'),
  otp_sent: () => t('发出短信验证码', 'SMS code sent'),
  phone_changed: () => t('更换手机号', 'Phone changed'),
  phone_revealed: () => t('查看完整手机号', 'Phone revealed'),
  password_changed: () => t('更换密码', 'Password changed'),
  profile_changed: () => t('修改资料', 'Profile changed'),
  identity_linked: () => t('绑定微信身份', 'Identity linked'),
  identity_unlinked: () => t('解绑微信身份', 'Identity unlinked'),
  user_status_changed: () => t('停用或启用用户', 'User disabled or enabled'),
  user_deleted: () => t('删除用户', 'User deleted'),
  user_restored: () => t('恢复用户', 'User restored'),
  user_erased: () => t('用户数据已清除', 'User erased'),
  users_merged: () => t('合并用户', 'Users merged'),
  merge_undone: () => t('撤销合并', 'Merge undone'),
  data_withdrawn: () => t('用户撤回授权', 'Data withdrawn'),
  data_exported: () => t('导出用户数据', 'Data exported'),
  conflict_found: () => t('发现待合并', 'Conflict found'),
  conflict_dismissed: () => t('放弃合并', 'Conflict dismissed'),
  credential_created: () => t('创建服务凭据', 'Credential created'),
  credential_rotated: () => t('轮换服务凭据', 'Credential rotated'),
  credential_ended: () => t('停用服务凭据', 'Credential ended'),
  signing_key_rotated: () => t('轮换签名密钥', 'Signing key rotated'),
  signing_key_retired: () => t('签名密钥退役', 'Signing key retired'),
  signing_keys_revoked: () => t('吊销签名密钥', 'Signing keys revoked'),
  admin_invited: () => t('邀请管理员', 'Administrator invited'),
  admin_set_up: () => t('管理员设置完成', 'Administrator set up'),
  admin_signed_in: () => t('管理员登录', 'Administrator signed in'),
  admin_sign_in_failed: () => t('管理员登录失败', "Administrator's sign-in failed"),
  admin_signed_out: () => t('管理员退出', 'Administrator signed out'),
  admin_role_changed: () => t('更改管理员角色', "Administrator's role changed"),
  admin_ended: () => t('撤销管理员', 'Administrator ended'),
  events_exported: () => t('导出审计日志', 'Audit log exported'),
}

const slots: Words = {
  next: () => t('下一把', 'Next'),
  current: () => t('当前', 'Current'),
  previous: () => t('上一把', 'Previous'),
}

const counted: Words = {
  otp: () => t('发送短信验证码', 'SMS codes'),
  wechat: () => t('微信登录', 'WeChat sign-ins'),
  web: () => t('网页登录', 'Web sign-ins'),
  scan: () => t('扫码登录', 'Scans'),
  password: () => t('密码登录', 'Password sign-ins'),
  admin: () => t('管理员登录', "Administrators' sign-ins"),
}

const pers: Words = {
  address: () => t('每个 IP 地址', 'Per address'),
  app: () => t('每个应用', 'Per app'),
  server: () => t('整个服务', 'In all'),
  phone: () => t('每个手机号', 'Per phone number'),
}

const windows: Words = {
  pause: () => t('两次之间', 'Between two'),
  minute: () => t('每分钟', 'A minute'),
  hour: () => t('每小时', 'An hour'),
  day: () => t('每天', 'A day'),
}

const checks: Words = {
  node: () => t('Node 版本', 'Node'),
  secret: () => t('服务密钥', 'Secret'),
  public_url: () => t('公开地址', 'Public address'),
  database: () => t('数据库', 'Database'),
  redis: () => 'Redis',
  signing_keys: () => t('签名密钥', 'Signing keys'),
  wechat: () => t('连接微信', 'WeChat'),
  apps: () => t('应用', 'Apps'),
  clock: () => t('时钟', 'Clock'),
  credentials: () => t('应用凭据', 'App credentials'),
  login: () => t('登录', 'Login'),
  unionid: () => t('开放平台账号', 'Open Platform account'),
  phone: () => t('手机号权限', 'Phone numbers'),
  push_settings: () => t('消息推送配置', 'Push settings'),
  push_url: () => t('消息推送地址', 'Push URL'),
}

const named = (words: Words) => (code: string) => words[code]?.() ?? code

export const nameRole = named(roleNames)
export const nameWay = named(ways)
export const nameStatus = named(statuses)
export const nameKind = named(kinds)
export const nameEndReason = named(endReasons)
export const nameEvent = named(eventNames)
export const nameSlot = named(slots)
export const nameCounted = named(counted)
export const namePer = named(pers)
export const nameWindow = named(windows)
export const nameCheck = named(checks)

export function nameFailure(code: string): string {
  const known = errorCodes.find((name) => name === code)
  return known === undefined ? code : errorTable[known].title[language.value]
}
