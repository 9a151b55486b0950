import { Button } from 'tdesign-vue-next'
import type { Failure } from '../failure.ts'
import { t } from '../language.ts'

/** A failure in the server's words: what happened, whose fault it is, what to do next. */
export function showProblem(failure: Failure | undefined, retry?: () => unknown) {
  if (failure === undefined) return undefined
  const wait = failure.retryAfterSeconds
  return (
    <div class="problem" role="alert">
      <strong>{failure.title}</strong>
      <p>{failure.detail}</p>
      {wait === undefined ? undefined : (
        <p>{t(`${wait} 秒后可以再试。`, `It can be tried again in ${wait} s.`)}</p>
      )}
      {retry === undefined ? undefined : (
        <Button size="small" variant="outline" onClick={() => void retry()}>
          {t('再试一次', 'Try again')}
        </Button>
      )}
    </div>
  )
}
