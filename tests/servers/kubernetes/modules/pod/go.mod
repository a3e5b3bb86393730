module example.com/pod

go 1.26.0
