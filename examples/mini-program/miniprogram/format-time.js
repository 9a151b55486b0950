/**
 * @param {string} instant RFC 3339.
 * @returns {string} Such as `2026-01-15 08:00`, in the phone's time.
 */
export function formatTime(instant) {
  const time = new Date(instant)
  const [month, day, hour, minute] = [
    time.getMonth() + 1,
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
  ].map((part) => String(part).padStart(2, '0'))
  return `${time.getFullYear()}-${month}-${day} ${hour}:${minute}`
}
