import { Button } from 'tdesign-vue-next'
import { defineComponent, ref, shallowRef } from 'vue'
import { call } from '../api.ts'
import { asFailure, type Failure } from '../failure.ts'
import { t } from '../language.ts'
import { showField } from '../parts/field.tsx'
import { putAway } from '../parts/notice.tsx'
import { showProblem } from '../parts/problem.tsx'
import { session } from '../who.ts'

export const SignIn = defineComponent({
  name: 'SignIn',
  setup() {
    const name = ref('')
    const password = ref('')
    const code = ref('')
    /** Of the first step; while it is there the second factor is asked for. */
    const ticket = ref<string>()
    const byRecovery = ref(false)
    const busy = ref(false)
    const failure = shallowRef<Failure>()

    function startOver() {
      ticket.value = undefined
      code.value = ''
      password.value = ''
    }

    async function step() {
      busy.value = true
      failure.value = undefined
      try {
        if (ticket.value === undefined) {
          const begun = await call('POST /v1/admin/sign-in', {
            body: { name: name.value.trim(), password: password.value },
          })
          ticket.value = begun.ticket
          password.value = ''
        } else {
          const signedIn = await call('POST /v1/admin/sign-in/second-factor', {
            body: { ticket: ticket.value, code: code.value.trim() },
          })
          putAway()
          session.value = signedIn
        }
      } catch (error) {
        failure.value = asFailure(error)
        // The ticket ran out or was used up: begin again, with the reason shown.
        if (failure.value.code === 'admin_required') startOver()
      } finally {
        busy.value = false
      }
    }

    function showSecondFactor() {
      return (
        <>
          {byRecovery.value
            ? showField({
                label: t('恢复码', 'Recovery code'),
                value: code,
                hint: t('用过的恢复码不能再用。', 'Each works once.'),
                autocomplete: 'off',
                autofocus: true,
              })
            : showField({
                label: t('验证器的六位数字', 'Six digits of the authenticator'),
                value: code,
                autocomplete: 'one-time-code',
                autofocus: true,
              })}
          {showProblem(failure.value)}
          <Button type="submit" block loading={busy.value}>
            {t('登录', 'Sign in')}
          </Button>
          <p class="links">
            <button
              type="button"
              class="link"
              onClick={() => {
                byRecovery.value = !byRecovery.value
                code.value = ''
              }}
            >
              {byRecovery.value
                ? t('改用验证器', 'Use the authenticator')
                : t('手机不在身边？用恢复码', 'No phone at hand? Use a recovery code')}
            </button>
            <button type="button" class="link" onClick={startOver}>
              {t('重新开始', 'Start over')}
            </button>
          </p>
        </>
      )
    }

    return () => (
      <form
        onSubmit={(event: Event) => {
          event.preventDefault()
          if (!busy.value) void step()
        }}
      >
        <h1 tabindex={-1}>{t('登录', 'Sign in')}</h1>
        {ticket.value === undefined ? (
          <>
            {showField({ label: t('名字', 'Name'), value: name, autocomplete: 'username' })}
            {showField({
              label: t('密码', 'Password'),
              value: password,
              type: 'password',
              autocomplete: 'current-password',
            })}
            {showProblem(failure.value)}
            <Button type="submit" block loading={busy.value}>
              {t('下一步', 'Next')}
            </Button>
          </>
        ) : (
          showSecondFactor()
        )}
      </form>
    )
  },
})
