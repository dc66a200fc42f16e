//go:build !asan

package simdr_test

const underASan = false
