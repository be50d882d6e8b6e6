/* A device whose registers are plain memory, for what the ports of the STM32 families share. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

typedef struct { uint32_t MODER, OSPEEDR, PUPDR, BSRR, AFR[2]; } GPIO_TypeDef;
typedef struct { uint32_t KR, PR; } IWDG_TypeDef;
typedef struct { uint32_t LOAD, VAL, CTRL; } SysTick_Type;
typedef struct { uint32_t ICSR; } SCB_Type;
typedef struct { uint32_t DEMCR; } CoreDebug_Type;
typedef struct { uint32_t LAR, CTRL, CYCCNT; } DWT_Type;
typedef struct { uint32_t PSC, ARR, CR1, EGR, CNT; } TIM_TypeDef;
typedef struct { uint32_t BRR, CR1, ISR, ICR, RDR, TDR; } USART_TypeDef;

extern GPIO_TypeDef device_gpio[2];
extern IWDG_TypeDef device_iwdg;
extern SysTick_Type device_systick;
extern SCB_Type device_scb;
extern CoreDebug_Type device_core_debug;
extern DWT_Type device_dwt;
extern TIM_TypeDef device_tim2, device_tim5;
extern USART_TypeDef device_usart3;

#define GPIOA_BASE ((uint32_t)(uintptr_t)device_gpio)
#define GPIOA (&device_gpio[0])
#define GPIOB (&device_gpio[1])
#define IWDG (&device_iwdg)
#define SysTick (&device_systick)
#define SCB (&device_scb)
#define CoreDebug (&device_core_debug)
#define DWT (&device_dwt)
#define TIM2 (&device_tim2)
#define TIM5 (&device_tim5)
#define USART3 (&device_usart3)

#define SysTick_LOAD_RELOAD_Msk 0xFFFFFFu
#define SysTick_CTRL_CLKSOURCE_Msk 4u
#define SysTick_CTRL_TICKINT_Msk 2u
#define SysTick_CTRL_ENABLE_Msk 1u
#define SCB_ICSR_PENDSTCLR_Msk (1u << 25)
#define CoreDebug_DEMCR_TRCENA_Msk (1u << 24)
#define DWT_CTRL_CYCCNTENA_Msk 1u
#define TIM_CR1_CEN 1u
#define TIM_EGR_UG 1u
#define USART_ICR_ORECF 8u
#define USART_ICR_FECF 2u
#define USART_ICR_PECF 1u
#define USART_ISR_RXNE 32u
#define USART_ISR_TXE 128u
#define USART_ISR_TC 64u
#define USART_CR1_RXNEIE 32u
#define USART_CR1_UE 1u
#define USART_CR1_RE 4u
#define USART_CR1_TE 8u

enum { USART3_IRQn = 39 };

void SCB_EnableICache(void);
void SCB_EnableDCache(void);
void NVIC_EnableIRQ(int interrupt);
void __DSB(void);
void __ISB(void);
void __WFI(void);
void __disable_irq(void);
void __enable_irq(void);

#endif
