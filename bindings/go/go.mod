module libsimdr/simdr

go 1.24
