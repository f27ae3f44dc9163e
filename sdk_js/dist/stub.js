window.footpath=window.footpath||function(){(footpath.q=footpath.q||[]).push(arguments)};
