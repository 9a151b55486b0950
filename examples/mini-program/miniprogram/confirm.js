/**
 * @param {string} title
 * @param {string} content
 * @returns {Promise<boolean>} Whether the person agrees.
 */
export async function confirm(title, content) {
  const { confirm: agreed } = await wx.showModal({ title, content, confirmColor: '#c6362c' })
  return agreed
}
