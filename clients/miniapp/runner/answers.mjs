/** How the platform asks a person and answers the app. */

/** The question with two buttons. */
export function modal({ title = '', content = '', showCancel = true, confirmText = '确定', cancelText = '取消', success, complete }) {
  const box = document.createElement('div')
  box.className = 'wx-modal'
  box.setAttribute('role', 'dialog')
  let isTouched = false // the click that ends the tap which asked comes late, and must not answer
  box.addEventListener('pointerdown', () => (isTouched = true))
  const close = (confirm) => () => {
    if (!isTouched) return
    box.remove()
    const result = { confirm, cancel: !confirm, errMsg: 'showModal:ok' }
    success?.(result)
    complete?.(result)
  }
  const words = Object.assign(document.createElement('p'), { textContent: [title, content].filter(Boolean).join('\n') })
  box.append(words)
  if (showCancel) box.append(Object.assign(document.createElement('button'), { textContent: cancelText, onclick: close(false) }))
  box.append(Object.assign(document.createElement('button'), { textContent: confirmText, onclick: close(true) }))
  document.body.appendChild(box)
}

/** Answers as the platform does: success and complete, or fail and complete, a moment later. */
export function settle(options, give) {
  Promise.resolve()
    .then(give)
    .then(
      (result) => {
        options.success?.(result)
        options.complete?.(result)
      },
      (error) => {
        const result = { errMsg: error.errMsg ?? `fail ${error.message}`, errno: error.errno }
        options.fail?.(result)
        options.complete?.(result)
      },
    )
}
