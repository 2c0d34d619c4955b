package domain

var programmaEvents, enteEvents, tavoloEvents, registrationEvents, presenzeEvents, accountEvents, identitaEvents []kind
