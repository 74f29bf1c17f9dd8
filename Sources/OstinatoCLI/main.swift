print("ostinato")
