import { describe, expect, it } from 'vitest'
import { troubleIn } from '../src/files/picking'

describe('why the phone gives nothing', () => {
  it.each([
    ['chooseMedia:fail cancel', undefined, null],
    ['chooseMedia:fail privacy permission is not authorized', 104, 'privacy'],
    ['chooseMedia:fail api scope is not declared in the privacy agreement', 112, 'privacy'],
    ['operateRecorder:fail', 103, 'privacy'],
    ['operateRecorder:fail auth deny', undefined, 'denied'],
    ['operateRecorder:fail:system permission denied', undefined, 'denied'],
    ['operateRecorder:fail NotFoundError', undefined, 'none'],
  ])('%s', (errMsg, errno, trouble) => {
    expect(troubleIn(errMsg, errno as number | undefined)).toBe(trouble)
  })
})
