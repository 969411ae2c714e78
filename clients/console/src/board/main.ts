import '@/styles/fonts'
import '@/styles/base.scss'
import './board.scss'
import { createApp } from 'vue'
import BoardPage from './BoardPage.vue'

createApp(BoardPage).mount('#app')
