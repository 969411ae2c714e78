/** Large type for tired eyes (适老化). */
import { ref } from 'vue'

const STORED = 'large-type'

export const isLarge = ref(uni.getStorageSync(STORED) === true)

export function useLargeType(on: boolean): void {
  isLarge.value = on
  uni.setStorageSync(STORED, on)
}
