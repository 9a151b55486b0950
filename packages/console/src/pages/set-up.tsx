import type { AdminSetUp } from '@kaimen/protocol'
import { Button } from 'tdesign-vue-next'
import { encode } from 'uqr'
import { defineComponent, ref, shallowRef } from 'vue'
import { call } from '../api.ts'
import { asFailure, Failure } from '../failure.ts'
import { formatInstant, t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { showField } from '../parts/field.tsx'
import { saveText } from '../parts/save.ts'
import { showProblem } from '../parts/problem.tsx'
import { moveTo, route } from '../route.ts'
import { roleNames } from '../words.ts'
import { session } from '../who.ts'

/** By the link that `kaimen admin invite` printed: name, password, second factor, recovery codes. */
export const SetUp = defineComponent({
  name: 'SetUp',
  setup() {
    const token = route.value.parts[1] ?? ''
    const begun = useLoaded((signal) =>
      call('POST /v1/admin/set-up/begin', { body: { token }, signal }),
    )
    const name = ref('')
    const password = ref('')
    const again = ref('')
    const code = ref('')
    const busy = ref(false)
    const failure = shallowRef<Failure>()
    const recoveryCodes = shallowRef<readonly string[]>()
    const kept = ref(false)

    async function finish() {
      failure.value = undefined
      if (password.value !== again.value) {
        failure.value = new Failure(
          'passwords_differ',
          t('两次密码不一样', 'The passwords differ'),
          t('请把同一个密码输入两次。', 'Type the same password twice.'),
        )
        return
      }
      busy.value = true
      try {
        const { recovery_codes, ...signedIn } = await call('POST /v1/admin/set-up', {
          body: {
            token,
            name: name.value.trim(),
            password: password.value,
            code: code.value.replace(/\s/g, ''),
          },
        })
        password.value = ''
        again.value = ''
        session.value = signedIn
        recoveryCodes.value = recovery_codes
      } catch (error) {
        failure.value = asFailure(error)
      } finally {
        busy.value = false
      }
    }

    function showRecovery(codes: readonly string[]) {
      return (
        <>
          <h1 tabindex={-1}>{t('记下恢复码', 'Keep the recovery codes')}</h1>
          <p>
            {t(
              '手机丢失时，每个恢复码可以代替一次验证码。它们只在这里显示这一次，请保存到安全的地方。',
              'Where the phone is lost, each of these takes the place of one code. They are shown this once: put them somewhere safe.',
            )}
          </p>
          <ul class="codes">
            {codes.map((each) => (
              <li key={each}>
                <code>{each}</code>
              </li>
            ))}
          </ul>
          <p>
            <Button
              variant="outline"
              onClick={() => saveText(`${codes.join('\n')}\n`, 'kaimen-recovery-codes.txt')}
            >
              {t('保存为文件', 'Save as a file')}
            </Button>
          </p>
          <label class="check">
            <input
              type="checkbox"
              checked={kept.value}
              onChange={() => {
                kept.value = !kept.value
              }}
            />
            <span>{t('我已经保存好了', 'I have kept them')}</span>
          </label>
          <Button block disabled={!kept.value} onClick={() => moveTo(['overview'])}>
            {t('进入控制台', 'To the console')}
          </Button>
        </>
      )
    }

    function showForm({ role, totp_secret, totp_url, expires_at }: AdminSetUp) {
      return (
        <form
          onSubmit={(event: Event) => {
            event.preventDefault()
            if (!busy.value) void finish()
          }}
        >
          <h1 tabindex={-1}>{t('设置管理员', 'Set up an administrator')}</h1>
          <p>
            {t(
              `这个链接让你成为${roleNames[role]()}，只能使用一次，有效至 ${formatInstant(expires_at)}。`,
              `This link makes you ${roleNames[role]().toLowerCase()}. It works once, until ${formatInstant(expires_at)}.`,
            )}
          </p>
          {showField({ label: t('名字', 'Name'), value: name, autocomplete: 'username' })}
          {showField({
            label: t('密码', 'Password'),
            value: password,
            type: 'password',
            autocomplete: 'new-password',
          })}
          {showField({
            label: t('再输一次密码', 'Password again'),
            value: again,
            type: 'password',
            autocomplete: 'new-password',
          })}
          <fieldset class="factor">
            <legend>{t('第二因素', 'Second factor')}</legend>
            <p>
              {t(
                '用验证器应用（如微软或谷歌身份验证器）扫描，再输入它显示的六位数字。',
                'Scan this with an authenticator app, such as Microsoft or Google Authenticator, and type the six digits that it shows.',
              )}
            </p>
            <div class="factor-body">
              {drawCode(totp_url, t('验证器的二维码', 'QR code for the authenticator'))}
              <div>
                <p>
                  {t('不能扫描？手动输入：', 'Cannot scan? Type this in:')}
                  <br />
                  <code class="secret">{totp_secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
                </p>
                {showField({
                  label: t('六位数字', 'Six digits'),
                  value: code,
                  autocomplete: 'one-time-code',
                })}
              </div>
            </div>
          </fieldset>
          {showProblem(failure.value)}
          <Button type="submit" block loading={busy.value}>
            {t('完成设置', 'Finish')}
          </Button>
        </form>
      )
    }

    return () => {
      if (recoveryCodes.value !== undefined) return showRecovery(recoveryCodes.value)
      if (begun.value.value !== undefined) return showForm(begun.value.value)
      return (
        <>
          <h1 tabindex={-1}>{t('设置管理员', 'Set up an administrator')}</h1>
          {begun.failure.value === undefined ? (
            <p class="loading">{t('正在加载…', 'Loading…')}</p>
          ) : (
            showProblem(begun.failure.value, begun.reload)
          )}
        </>
      )
    }
  },
})

/** Dark on light in both themes, as scanners want it. */
function drawCode(text: string, label: string) {
  const { data, size } = encode(text, { border: 2 })
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('')
  return (
    <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
